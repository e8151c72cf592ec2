// Keeps the page for when there is no network. A folder that the program serves has no use for that.
import { isServed } from "../files/served.ts";

export function keepOffline(): void {
  if (!("serviceWorker" in navigator) || isServed() || !import.meta.env.PROD) return;
  addEventListener("load", () => {
    // Where it is refused the page works as long as there is a network.
    void navigator.serviceWorker.register("./offline.js").catch(() => undefined);
  });
}
