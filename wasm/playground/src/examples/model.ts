// The package that the command line comes with, in the state of the tree.
const texts = import.meta.glob(["../../../../packages/ml-model/**/*", "!../../../../packages/ml-model/tests/**"], {
  query: "?raw", import: "default", eager: true,
});
export default { texts: texts as Record<string, string>, above: "../../../../packages/" };
