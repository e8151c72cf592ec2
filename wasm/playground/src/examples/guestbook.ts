const texts = import.meta.glob("../../examples/guestbook/**/*", { query: "?raw", import: "default", eager: true });
export default { texts: texts as Record<string, string>, above: "../../examples/" };
