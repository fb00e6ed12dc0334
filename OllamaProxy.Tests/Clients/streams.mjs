/** All pieces of a stream, as they came. */
export async function all(stream) {
  const pieces = [];
  for await (const piece of await stream) pieces.push(piece);
  return pieces;
}

/** The first piece of a stream that is then aborted, and the error with which it ends. */
export async function abortAfterFirst(stream, abort) {
  let first = null;
  try {
    for await (const piece of await stream) {
      first ??= piece;
      abort();
    }
    return { first, error: null };
  } catch (error) {
    return { first, error: error.constructor.name };
  }
}
