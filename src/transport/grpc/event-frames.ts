/**
 * Encodes each message object once, however many subscribers get it: without this, a thousand
 * subscribers cost a thousand encodings of every event. Messages must not change afterwards.
 */
export function encodeOnce<Message extends object>(
  serialize: (message: Message) => Buffer,
): (message: Message) => Buffer {
  const frames = new WeakMap<Message, Buffer>();
  return (message) => {
    const frame = frames.get(message) ?? serialize(message);
    frames.set(message, frame);
    return frame;
  };
}
