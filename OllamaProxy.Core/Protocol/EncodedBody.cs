using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace OllamaProxy.Protocol;

/// <summary>
/// Reads bodies with a <c>Content-Encoding</c> as Ollama 0.33 does: it decodes <c>zstd</c> on the routes of OpenAI's and Anthropic's APIs,
/// and reads any other body as JSON, whatever the header says. The decoded body is only read here; Ollama gets the call as it came.
/// </summary>
internal static class EncodedBody
{
    /// <summary>The largest window that Ollama accepts, as a power of two: 8 MiB.</summary>
    private const int MaxWindowLog = 23;

    /// <summary>Up to so many bytes of a decoded body are not told of.</summary>
    private const int MaxUncounted = 64 * 1024;

    /// <summary>Whether Ollama decodes a body. It compares the encoding case-sensitively.</summary>
    public static bool IsDecoded(ApiRoute endpoint, string encoding) => endpoint.Dialect.DecodesZstd && encoding == "zstd";

    /// <summary>Decodes zstd (RFC 8878). Null: the decoded body is larger than <paramref name="maxBytes"/>.</summary>
    /// <exception cref="InvalidDataException">The body is not zstd, is damaged or ends too early, or needs a larger window.</exception>
    public static ReadOnlyMemory<byte>? Decode(ReadOnlyMemory<byte> body, int maxBytes, Action<long>? reserve = null)
    {
        var bytes = MemoryMarshal.TryGetArray(body, out var array) ? array : new(body.ToArray());
        using var stream = new DecompressionStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count), leaveOpen: false);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        var decoded = new MemoryStream();
        var buffer = new byte[Math.Min(maxBytes, 64 * 1024)];
        try
        {
            while (stream.Read(buffer) is > 0 and var length)
            {
                if (decoded.Length + length > maxBytes)
                    return null;
                // The stream doubles what it has.
                if (decoded.Length + length > decoded.Capacity && decoded.Capacity >= MaxUncounted)
                    reserve?.Invoke(2L * decoded.Capacity);
                decoded.Write(buffer.AsSpan(0, length));
            }
        }
        catch (Exception exception) when (exception is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
        return decoded.GetBuffer().AsMemory(0, (int)decoded.Length);
    }

    /// <summary>
    /// What Ollama says of a body whose first character cannot begin a JSON value, in the words of Go's <c>encoding/json</c>. Null: the
    /// body may be JSON.
    /// </summary>
    public static string? WhyNotJson(ReadOnlySpan<byte> body)
    {
        body = body.TrimStart(" \t\r\n"u8);
        return body.IsEmpty || "{[\"-0123456789tfn"u8.Contains(body[0])
            ? null
            : $"invalid character '{Quoted(body[0])}' looking for beginning of value";
    }

    /// <summary>A byte as Go quotes it.</summary>
    private static string Quoted(byte value) => value switch
    {
        (byte)'\'' or (byte)'\\' => $@"\{(char)value}",
        0x07 => @"\a",
        0x08 => @"\b",
        0x0b => @"\v",
        0x0c => @"\f",
        < 0x20 or 0x7f => $@"\x{value:x2}",
        (>= 0x80 and <= 0xa0) or 0xad => $@"\u{value:x4}",
        _ => ((char)value).ToString(),
    };
}
