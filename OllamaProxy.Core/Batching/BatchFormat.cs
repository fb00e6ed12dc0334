using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using OllamaProxy.Batches;
using OllamaProxy.Protocol;

namespace OllamaProxy.Batching;

/// <summary>How the lines of a batch are written: its requests, and what comes of them.</summary>
internal abstract class BatchFormat
{
    private static readonly BatchFormat OpenAI = new OpenAIBatchFormat();

    private static readonly BatchFormat Anthropic = new AnthropicBatchFormat();

    /// <summary>The format of an API.</summary>
    public static BatchFormat Of(BatchApi api) => api == BatchApi.OpenAI ? OpenAI : Anthropic;

    /// <summary>The most lines of a batch, and the most texts that one has embedded.</summary>
    public abstract int MaxLines { get; }

    /// <summary>Whether errors are in a file of their own.</summary>
    public abstract bool HasErrorFile { get; }

    /// <summary>Reads a request.</summary>
    /// <param name="line">The line.</param>
    /// <param name="endpoint">The path of the batch.</param>
    /// <exception cref="BadLineException">It is no good.</exception>
    public abstract BatchRequest Read(ReadOnlyMemory<byte> line, string endpoint);

    /// <summary>What stands before and behind the body of an answer.</summary>
    /// <param name="customId">By what its client knows the request.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="isGood">Whether it is no error.</param>
    public abstract (byte[] Before, byte[] Behind) Around(string customId, Guid prompt, int status, bool isGood);

    /// <summary>A whole line, of a request without an answer.</summary>
    public abstract byte[] Without(string customId, Guid? prompt, LineFault fault);

    /// <summary>The body of an error, for an answer whose own is no JSON.</summary>
    public abstract byte[] ErrorBody(int status, string message);

    /// <summary>Parses a line.</summary>
    /// <exception cref="BadLineException">It is no JSON object in UTF-8.</exception>
    protected static JsonDocument Parse(ReadOnlyMemory<byte> line)
    {
        if (!Utf8.IsValid(line.Span))
            throw new BadLineException("invalid_json_line", "This line is not valid UTF-8.");
        try
        {
            var document = JsonReading.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            throw new BadLineException("invalid_json_line", "This line is not a JSON object.");
        }
        catch (JsonException)
        {
            throw new BadLineException("invalid_json_line", "This line is not parseable as valid JSON.");
        }
    }

    /// <summary>The bytes of a value within the line that it was parsed from.</summary>
    protected static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> line, JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        return line.Span.Overlaps(raw, out var offset) ? line.Slice(offset, raw.Length) : raw.ToArray();
    }

    /// <summary>A text as a JSON string, without what is around it.</summary>
    protected static string Escape(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>A request of a batch.</summary>
/// <param name="CustomId">By what its client knows it.</param>
/// <param name="Body">The body of the call, a part of the line.</param>
/// <param name="Model">The model that it names.</param>
/// <param name="Inputs">How many texts it has embedded; of other calls 1.</param>
internal readonly record struct BatchRequest(string CustomId, ReadOnlyMemory<byte> Body, string Model, int Inputs);

/// <summary>Why a request has no answer.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Code">A word for programs.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record LineFault(FaultKind Kind, string Code, string Message)
{
    public static readonly LineFault Expired =
        new(FaultKind.Expired, "batch_expired", "This request could not be executed before the completion window expired.");

    public static readonly LineFault Cancelled =
        new(FaultKind.Cancelled, "batch_cancelled", "This request was not executed because the batch was cancelled.");
}

/// <summary>As what a request without an answer counts.</summary>
internal enum FaultKind
{
    Failed,
    Cancelled,
    Expired,
}

/// <summary>A line of an input that is no good.</summary>
internal sealed class BadLineException(string code, string message, string? param = null) : Exception(message)
{
    public string Code => code;

    /// <summary>The field; null: the whole line.</summary>
    public string? Param => param;
}
