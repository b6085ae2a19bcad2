export { type Metadata, withChanges } from "./formats/index.ts";
