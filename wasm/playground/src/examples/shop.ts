const texts = import.meta.glob("../../examples/shop/**/*", { query: "?raw", import: "default", eager: true });
export default { texts: texts as Record<string, string>, above: "../../examples/" };
