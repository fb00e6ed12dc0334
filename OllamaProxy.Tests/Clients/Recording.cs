using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OllamaProxy.Tests.Clients;

/// <summary>What the user of a client saw, step by step.</summary>
/// <param name="Steps">Each with its name, and a value or an error.</param>
internal sealed record Recording(IReadOnlyList<JsonObject> Steps)
{
    /// <summary>What is of one call alone: ids and times.</summary>
    private static readonly HashSet<string> OfOneCall =
        ["id", "call_id", "item_id", "created", "created_at", "completed_at", "started_at", "modified_at", "expires_at", "response_id",
            "request_id"];

    private static readonly Regex InText = new($"""(?<="({string.Join('|', OfOneCall)}|\w+_duration)": ?)("[^"]*"|\d+)""");

    /// <summary>Both say the same, but for ids and times.</summary>
    public void AssertSame(Recording through)
    {
        Assert.Equal(Steps.Select(Name), through.Steps.Select(Name));
        foreach (var (direct, other) in Steps.Zip(through.Steps))
            Assert.Equal($"{Name(direct)}: {Normalised(direct)!.ToJsonString()}", $"{Name(other)}: {Normalised(other)!.ToJsonString()}");
    }

    /// <summary>A text that may have JSON in it, without the ids and times.</summary>
    public static string Normalised(string text) => InText.Replace(text, "*");

    private static string Name(JsonObject step) => (string)step["step"]!;

    private static JsonNode? Normalised(JsonNode? value) => value switch
    {
        JsonObject fields =>
            new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, IsOfOneCall(field) ? "*" : Normalised(field.Value)))),
        JsonValue text when text.TryGetValue<string>(out var content) => Normalised(content),
        JsonArray items => new JsonArray([.. items.Select(Normalised)]),
        _ => value?.DeepClone(),
    };

    private static bool IsOfOneCall(KeyValuePair<string, JsonNode?> field) =>
        field.Value is JsonValue && (OfOneCall.Contains(field.Key) || field.Key.EndsWith("_duration", StringComparison.Ordinal));
}
