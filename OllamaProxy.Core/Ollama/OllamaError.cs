using System.Text;
using System.Text.Json;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama;

/// <summary>An error as Ollama, or what it runs, put it.</summary>
/// <param name="Message">The innermost message, unchanged.</param>
/// <param name="Code">The HTTP status that stands beside the message, such as llama-server's <c>"code": 400</c>; null: none.</param>
/// <param name="Type">The kind of error that stands beside the message, such as <c>exceed_context_size_error</c>; null: none.</param>
public sealed record OllamaError(string Message, int? Code = null, string? Type = null)
{
    /// <summary>No error is wrapped more often: llama-server's object within Ollama's text within the object of a compatible API.</summary>
    private const int MaxDepth = 8;

    /// <summary>
    /// Reads the body of an error answer. An error is a text in Ollama's own API and an object with a <c>message</c> in the compatible
    /// ones.
    /// </summary>
    /// <returns>Null: the body is no JSON object with an <c>error</c>, so that it is not Ollama's.</returns>
    public static OllamaError? ReadBody(string body)
    {
        try
        {
            using var document = JsonReading.Parse(Encoding.UTF8.GetBytes(body));
            return document.RootElement.Find("error") is { } error ? Read(error, MaxDepth) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Reads the text of an error, or an error object as JSON. Of a runner's error, the text can itself be or hold such JSON.
    /// </summary>
    public static OllamaError ReadText(string text) => ReadText(text, MaxDepth);

    private static OllamaError Read(JsonElement error, int depth) => error.ValueKind switch
    {
        JsonValueKind.String => ReadText(error.Text(), depth),
        JsonValueKind.Object => ReadObject(error, depth) ?? new(error.GetRawText()),
        _ => new(error.GetRawText()),
    };

    /// <returns>Null: the object says nothing that could be a message.</returns>
    private static OllamaError? ReadObject(JsonElement error, int depth)
    {
        if (depth == 0 || (error.Find("message") ?? error.Find("error") ?? error.Find("detail")) is not { } message)
            return null;
        var inner = Read(message, depth - 1);
        return inner with { Code = inner.Code ?? CodeOf(error), Type = inner.Type ?? error.Text("type") };
    }

    private static int? CodeOf(JsonElement error) =>
        error.Whole("code") is >= 400 and <= 599 and var code ? (int)code
        : error.Text("code") is { } text && int.TryParse(text, out var number) && number is >= 400 and <= 599 ? number : null;

    /// <summary>Text around the JSON stays only behind it: Ollama appends what the runner last logged.</summary>
    private static OllamaError ReadText(string text, int depth)
    {
        text = text.Trim();
        var brace = text.IndexOf('{', StringComparison.Ordinal);
        if (depth == 0 || brace < 0 || (brace > 0 && !text.AsSpan(0, brace).TrimEnd().EndsWith(':')))
            return new(text);
        var json = Encoding.UTF8.GetBytes(text[brace..]);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (ReadObject(document.RootElement, depth) is not { } inner)
                return new(text);
            var rest = Encoding.UTF8.GetString(json.AsSpan((int)reader.BytesConsumed)).Trim();
            return rest.Length == 0 ? inner : inner with { Message = $"{inner.Message} {rest}" };
        }
        catch (JsonException)
        {
            return new(text);
        }
    }
}
