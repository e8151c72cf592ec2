// One question with one line for an answer, in a dialog that keyboards and screen readers know.
import { byId } from "./dom.ts";

export function ask(question: string, value: string): Promise<string | null> {
  const dialog = byId<HTMLDialogElement>("ask-dialog");
  const answer = byId<HTMLInputElement>("ask-answer");
  byId("ask-question").textContent = question;
  answer.value = value;
  dialog.returnValue = "";
  dialog.showModal();
  answer.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? answer.value.trim() || null : null), { once: true });
  });
}
