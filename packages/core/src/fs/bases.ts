/**
 * Classes to extend: `BaseNode` and `BaseFile` refuse what you leave out; `NamedNode` and `NamedTree` also keep the names
 * of a tree, so that a driver only says what its contents are; `WrappedTree`, `WrappedNode` and `WrappedFile` pass everything
 * on, for layers to change some of it; `subfolder` finds what an `aname` names, `namesIn` lists a directory. docs/WRITING-A-DRIVER.md
 * uses them.
 *
 * @packageDocumentation
 */
export { BaseFile, BaseNode } from "./base-nodes.ts";
export { NamedNode } from "./named-node.ts";
export { NamedTree } from "./named-tree.ts";
export { namesIn } from "./names-in.ts";
export { subfolder } from "./subfolder.ts";
export { innerFileOf, WrappedFile } from "./wrapped-file.ts";
export { innerOf, WrappedNode } from "./wrapped-node.ts";
export { WrappedTree } from "./wrapped-tree.ts";
