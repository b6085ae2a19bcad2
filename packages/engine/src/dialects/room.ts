import { MESSAGE_TYPES, MESSAGES, type MessageName } from "../codec/messages.ts";
import { fixedSize } from "../codec/notation.ts";

/**
 * By type[1] of T-messages: the room that the reply must have. It is asked for beforehand, so that no message is carried
 * out whose reply does not fit; what is variable in a reply is cut to the room that there is. `least` is an error's.
 */
export function replyRoom(least: number): readonly number[] {
  const room = new Array<number>(MESSAGE_TYPES).fill(least);
  for (const name of Object.keys(MESSAGES) as MessageName[]) {
    if (name.startsWith("R")) room[MESSAGES[name][0] - 1] = Math.max(fixedSize(name), least);
  }
  return room;
}
