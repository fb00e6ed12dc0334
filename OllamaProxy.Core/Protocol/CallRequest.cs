using System.Text;
using System.Text.Json;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Protocol;

/// <summary>
/// The parts of a call's body that this program needs. The call itself goes to Ollama as it came, and Ollama reports what is wrong with it.
/// </summary>
/// <param name="Model">The model; empty: the call names none.</param>
/// <param name="Text">The last text of the user, or its beginning; empty: there is none, as in a call that only loads a model.</param>
public sealed record CallRequest(string Model, string Text)
{
    /// <summary>Whether the call only unloads a model, so that the model has nothing to do.</summary>
    public bool IsUnload { get; private init; }

    /// <summary>How many characters of the text are kept beside the call, for lists and searches.</summary>
    private const int MaxText = 256 * 1024;

    private static readonly CallRequest Empty = new("", "");

    /// <summary>Reads the body of a call.</summary>
    public static CallRequest Read(ApiRoute endpoint, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonReading.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(endpoint, document.RootElement) : Empty;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // An InvalidOperationException means a lone surrogate in a name or a text.
            return Empty;
        }
    }

    /// <summary>
    /// Whether a call asks for its answer in parts: by its field <c>stream</c> or, without that, by the default of its API.
    /// </summary>
    public static bool IsStreamed(ApiRoute endpoint, ReadOnlyMemory<byte> body)
    {
        var isStreamed = endpoint.Dialect.StreamsByDefault;
        if (endpoint.Kind == CallKind.Embed)
            return false;
        try
        {
            using var document = JsonReading.Parse(body);
            return document.RootElement.ValueKind != JsonValueKind.Object ? isStreamed : document.RootElement.FindInAnyCase("stream") switch
            {
                { ValueKind: JsonValueKind.True } => true,
                { ValueKind: JsonValueKind.False } => false,
                _ => isStreamed,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return isStreamed;
        }
    }

    private static CallRequest Read(ApiRoute endpoint, JsonElement body) =>
        new(TextOf(body, "model") ?? TextOf(body, "name") ?? "",
            TextOf(endpoint.Kind, body))
        { IsUnload = KeepAlive.IsUnload(endpoint, body) };

    private static string TextOf(CallKind kind, JsonElement body) => kind switch
    {
        CallKind.Chat when body.FindInAnyCase("messages") is { } messages => LastOfUser(messages),
        CallKind.Chat when body.FindInAnyCase("input") is { ValueKind: JsonValueKind.Array } items => LastOfUser(items),
        _ => Flatten(body.FindInAnyCase("prompt") ?? body.FindInAnyCase("input")),
    };

    private static string LastOfUser(JsonElement messages) => messages.ValueKind != JsonValueKind.Array ? "" :
        Flatten(messages.EnumerateArray().Where(message => TextOf(message, "role") == "user").LastOrDefault().FindInAnyCase("content"));

    /// <summary>The text of a content: a string, or an array of strings and of parts with a <c>text</c>, one a line.</summary>
    private static string Flatten(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.Array } parts => Join(parts.EnumerateArray().Select(TextOf).Where(text => text.Length > 0)),
        { } part => TextOf(part),
        null => "",
    };

    private static string Join(IEnumerable<string> texts)
    {
        var all = new StringBuilder();
        foreach (var text in texts)
        {
            all.Append(all.Length > 0 ? "\n" : "").Append(text);
            if (all.Length >= MaxText)
                break;
        }
        return Beginning(all.ToString());
    }

    private static string Beginning(string text) =>
        text.Length <= MaxText ? text : text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)];

    private static string TextOf(JsonElement part) => part.ValueKind switch
    {
        JsonValueKind.String => Beginning(part.Text(MaxText)),
        JsonValueKind.Object => TextOf(part, "text") ?? "",
        _ => "",
    };

    private static string? TextOf(JsonElement value, string name) =>
        value.FindInAnyCase(name) is { ValueKind: JsonValueKind.String } text ? Beginning(text.Text(MaxText)) : null;
}
