using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace OllamaProxy.Ollama;

/// <summary>
/// Reads bodies with a <c>Content-Encoding</c> as Ollama 0.33 does: it decodes <c>zstd</c> on the routes that it has in common with others,
/// and takes any other body for JSON, whatever the header says. Only what is read here is decoded: the call goes to Ollama as it came.
/// </summary>
internal static class EncodedBody
{
    /// <summary>As much as Ollama looks back for in a body: 8 MiB, as the power of two.</summary>
    private const int MaxWindowLog = 23;

    /// <summary>Whether Ollama decodes a body. It compares letter for letter.</summary>
    public static bool IsDecoded(CallEndpoint endpoint, string encoding) => endpoint.Family != ApiFamily.Ollama && encoding == "zstd";

    /// <summary>Decodes zstd (RFC 8878); null: it is more than <paramref name="maxBytes"/>.</summary>
    /// <exception cref="InvalidDataException">It is no zstd, broken, or not whole.</exception>
    public static ReadOnlyMemory<byte>? Decode(ReadOnlyMemory<byte> body, int maxBytes)
    {
        using var encoded = MemoryMarshal.TryGetArray(body, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count) : new(body.ToArray());
        using var stream = new DecompressionStream(encoded);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        var decoded = new MemoryStream();
        var buffer = new byte[Math.Min(maxBytes, 64 * 1024)];
        try
        {
            while (stream.Read(buffer) is > 0 and var length)
            {
                if (decoded.Length + length > maxBytes)
                    return null;
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
    /// What Ollama says of a body that cannot be JSON by its first character, in the words of Go's <c>encoding/json</c>; null: it can be JSON.
    /// </summary>
    public static string? WhyNotJson(ReadOnlySpan<byte> body)
    {
        body = body.TrimStart(" \t\r\n"u8);
        return body.IsEmpty || "{[\"-0123456789tfn"u8.Contains(body[0]) ? null : $"invalid character '{Quoted(body[0])}' looking for beginning of value";
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
