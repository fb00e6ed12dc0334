using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Ollama;

namespace OllamaProxy.Api.Prompts;

/// <summary>
/// The text of a large body's prompt, in UTF-8 and without a copy of it as a string, which would take several times as much.
/// </summary>
internal static class LongPromptText
{
    /// <summary>A text that is longer than this in its JSON, in bytes, is not made a string.</summary>
    public const int MaxString = 1024 * 1024;

    /// <summary>How much of it is shown in lists, in bytes.</summary>
    private const int BeginningBytes = 64 * 1024;

    /// <summary>How much is escaped at once, to be compared.</summary>
    private const int Piece = 16 * 1024;

    /// <summary>Whether the text of a field is long.</summary>
    public static bool IsLong(JsonElement text) =>
        text.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(text).Length > MaxString;

    /// <summary>The text: a slice of the body where nothing in it is escaped, else a buffer of the body's.</summary>
    /// <exception cref="ProblemException">503: there is no room for the buffer.</exception>
    public static ReadOnlyMemory<byte> Of(JsonElement text, BufferedBody body)
    {
        var raw = JsonMarshal.GetRawUtf8Value(text);
        if (!raw.Contains((byte)'\\'))
        {
            body.Bytes.Span.Overlaps(raw, out var start);
            return body.Bytes.Slice(start + 1, raw.Length - 2);
        }
        var buffer = body.Rent();
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        IBufferWriter<byte> output = buffer;
        output.Advance(reader.CopyString(output.GetSpan(raw.Length)));
        return buffer.Written;
    }

    /// <summary>Its beginning.</summary>
    public static string BeginningOf(ReadOnlyMemory<byte> text)
    {
        var end = Math.Min(text.Length, BeginningBytes);
        while (end > 0 && end < text.Length && (text.Span[end] & 0xC0) == 0x80)
            end--;
        return Encoding.UTF8.GetString(text.Span[..end]);
    }

    /// <summary>Whether it is empty or holds nothing but white space.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var length);
            if (!Rune.IsWhiteSpace(rune))
                return false;
            text = text[length..];
        }
        return true;
    }

    /// <summary>Whether the client's JSON of the text is byte for byte what would be written of it.</summary>
    public static bool IsAsWeWrite(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        var encoder = GenerateRequest.Writing.Encoder!;
        var rest = raw[1..^1];
        var escaped = ArrayPool<byte>.Shared.Rent(Piece * 6);
        try
        {
            while (text.Length > 0)
            {
                var piece = text[..Math.Min(text.Length, Piece)];
                encoder.EncodeUtf8(piece, escaped, out var used, out var length, isFinalBlock: piece.Length == text.Length);
                if (!rest.StartsWith(escaped.AsSpan(0, length)))
                    return false;
                rest = rest[length..];
                text = text[used..];
            }
            return rest.Length == 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(escaped);
        }
    }
}
