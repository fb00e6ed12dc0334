using System.Text.Json;

namespace OllamaProxy.Ollama;

/// <summary>What of a call matters here. The call itself goes to Ollama as it is, and whatever is wrong with it is for Ollama to say.</summary>
/// <param name="Model">The model; empty: it names none.</param>
/// <param name="Text">The last that the user says in it; empty: nothing, as in a call that loads a model.</param>
public sealed record CallRequest(string Model, string Text)
{
    private static readonly CallRequest Empty = new("", "");

    /// <summary>Reads the body of a call.</summary>
    public static CallRequest Read(CallEndpoint endpoint, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(endpoint, document.RootElement) : Empty;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is half of a character pair, in a name or a text.
            return Empty;
        }
    }

    private static CallRequest Read(CallEndpoint endpoint, JsonElement body) =>
        new(body.Text("model") ?? body.Text("name") ?? "", TextOf(endpoint.Kind, body));

    private static string TextOf(CallKind kind, JsonElement body) => kind switch
    {
        CallKind.Chat when body.Find("messages") is { } messages => LastOfUser(messages),
        CallKind.Chat when body.Find("input") is { ValueKind: JsonValueKind.Array } items => LastOfUser(items),
        _ => Flatten(body.Find("prompt") ?? body.Find("input")),
    };

    private static string LastOfUser(JsonElement messages) => messages.ValueKind != JsonValueKind.Array ? "" : messages.EnumerateArray()
        .Where(message => message.Text("role") == "user")
        .Select(message => Flatten(message.Find("content")))
        .LastOrDefault("");

    /// <summary>A text, or several of which it is made up, each by itself or as a part with a <c>text</c>.</summary>
    private static string Flatten(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.String } text => text.Text(),
        { ValueKind: JsonValueKind.Array } parts => string.Join('\n', parts.EnumerateArray().Select(part => Flatten(part)).Where(text => text.Length > 0)),
        { ValueKind: JsonValueKind.Object } part => part.Text("text") ?? "",
        _ => "",
    };
}
