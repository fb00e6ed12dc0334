using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace OllamaProxy.Simulator.Http;

/// <summary>
/// Decodes bodies as Ollama does: zstd on the routes of OpenAI's and Anthropic's APIs. On its own routes, and with any other encoding, it
/// ignores the header <c>Content-Encoding</c>.
/// </summary>
internal static class ZstdBody
{
    private const int MaxWindowLog = 23;
    private const int MaxDecoded = 20 * 1024 * 1024;

    /// <exception cref="InvalidDataException">The body cannot be decoded. The message is that of Ollama, or similar.</exception>
    public static ReadOnlyMemory<byte> Decode(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        if (!request.Path.StartsWithSegments("/v1") || request.Headers.ContentEncoding.FirstOrDefault() != "zstd") return body;
        var bytes = MemoryMarshal.TryGetArray(body, out var array) ? array : new(body.ToArray());
        using var stream = new DecompressionStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count));
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        var decoded = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (stream.Read(buffer) is > 0 and var length)
            {
                if (decoded.Length + length > MaxDecoded) throw new InvalidDataException("http: request body too large");
                decoded.Write(buffer.AsSpan(0, length));
            }
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException("unexpected EOF", exception);
        }
        catch (ZstdException exception)
        {
            throw new InvalidDataException(WordsFor(exception), exception);
        }

        return decoded.GetBuffer().AsMemory(0, (int)decoded.Length);
    }

    private static string WordsFor(ZstdException exception) => exception.Code switch
    {
        ZSTD_ErrorCode.ZSTD_error_prefix_unknown => "invalid input: magic number mismatch",
        ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge => "window size exceeded",
        ZSTD_ErrorCode.ZSTD_error_checksum_wrong => "invalid input: crc mismatch",
        _ => "corrupt input",
    };
}
