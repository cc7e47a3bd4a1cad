/**
 * Server-sent events' data lines from a byte stream, whatever the chunks are: joined as the standard has it, comments and other fields
 * skipped. Throws what the stream throws.
 */
export async function* eventData(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      // A line may end in CR, LF or both; a CR at the end of a chunk may be half of one.
      const lines = rest.split(/\r\n|\n|\r(?!$)/u);
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n');
          data = [];
        } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
      if (done) break;
    }
    // Servers that close without the last empty line.
    if (data.length > 0) yield data.join('\n');
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
