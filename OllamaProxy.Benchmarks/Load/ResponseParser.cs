using System.Buffers.Text;
using System.Text;

namespace OllamaProxy.Benchmarks.Load;

/// <summary>Reads as much of an HTTP/1.1 answer as must be known to send the next request on its connection.</summary>
internal static class ResponseParser
{
    private const int StatusAt = 9; // Behind "HTTP/1.1 ".

    /// <summary>Looks for a whole answer, body included, at the beginning of what was received.</summary>
    /// <param name="received">What was received.</param>
    /// <param name="status">The answer's status code.</param>
    /// <param name="length">How many bytes the answer takes.</param>
    /// <returns>False: more must be received.</returns>
    /// <exception cref="BenchmarkException">It is no answer that this can read.</exception>
    public static bool TryRead(ReadOnlySpan<byte> received, out int status, out int length)
    {
        (status, length) = (0, 0);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var head = received[..(end + 2)];
        if (!head.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(head[StatusAt..], out status, out _))
            throw new BenchmarkException($"The answer is no HTTP: {Encoding.Latin1.GetString(head)[..Math.Min(head.Length, 40)]}");

        var body = received[(end + 4)..];
        if (BodyLength(head, body) is not { } bodyLength || bodyLength > body.Length)
            return false;
        length = end + 4 + bodyLength;
        return true;
    }

    /// <summary>How many bytes the body takes; null: its end has yet to be received.</summary>
    private static int? BodyLength(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        for (var rest = head; ;)
        {
            var next = rest.IndexOf("\r\n"u8) + 2;
            if (next >= rest.Length)
                throw new BenchmarkException("The answer says neither how long it is nor that it is chunked.");
            rest = rest[next..];
            if (Value(rest, "Content-Length:"u8) is { IsEmpty: false } digits && Utf8Parser.TryParse(digits, out int length, out _))
                return length;
            if (!Value(rest, "Transfer-Encoding:"u8).IsEmpty)
                return ChunkedLength(body);
        }
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].TrimStart((byte)' ') : default;

    private static int? ChunkedLength(ReadOnlySpan<byte> body)
    {
        for (var at = 0; ;)
        {
            var line = body[at..].IndexOf("\r\n"u8);
            if (line < 0)
                return null;
            if (!Utf8Parser.TryParse(body[at..], out int size, out _, 'x'))
                throw new BenchmarkException("A chunk of the answer does not say how long it is.");
            at += line + 2 + size + 2;
            if (at > body.Length)
                return null;
            if (size == 0)
                return at;
        }
    }
}
