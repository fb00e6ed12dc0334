using System.Text.Json;

namespace OllamaProxy.Simulator;

/// <summary>What a body asks for; fields that change nothing here are only checked for their type.</summary>
internal sealed record GenerationRequest
{
    public required OllamaApi Api { get; init; }

    public required string Model { get; init; }

    /// <summary>The prompt, or the last message of a chat. Empty: only loads or unloads the model.</summary>
    public required string Prompt { get; init; }

    public required bool Stream { get; init; }

    public required bool Think { get; init; }

    public required bool Raw { get; init; }

    /// <summary>How long the model stays loaded afterwards; null is the default.</summary>
    public required TimeSpan? KeepAlive { get; init; }

    public required ModelOptions Options { get; init; }

    /// <summary>What is wrong with <c>format</c>; null if nothing is.</summary>
    public required string? FormatError { get; init; }

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Parse(OllamaApi api, ReadOnlySpan<byte> body) => GoJson.Read(body, root => Read(api, root));

    private static GenerationRequest Read(OllamaApi api, JsonElement root)
    {
        var fields = new GoObject(root, api is OllamaApi.Chat ? "ChatRequest" : "GenerateRequest");
        return new()
        {
            Api = api,
            Model = fields.Text("model"),
            Prompt = api is OllamaApi.Chat ? LastMessage(fields) : GeneratePrompt(fields),
            Stream = fields.Flag("stream") ?? true,
            Think = ReadThink(fields.Any("think")),
            Raw = fields.Flag("raw") ?? false,
            KeepAlive = GoDuration.Parse(fields.Any("keep_alive")),
            Options = ModelOptions.Parse(fields.Value("options", JsonValueKind.Object, "map[string]interface {}")),
            FormatError = CheckFormat(fields.Any("format")),
        };
    }

    private static string GeneratePrompt(GoObject fields)
    {
        _ = (fields.Text("suffix"), fields.Text("system"), fields.Text("template"));
        _ = fields.Value("images", JsonValueKind.Array, "[]api.ImageData");
        return fields.Text("prompt");
    }

    private static string LastMessage(GoObject fields)
    {
        var last = "";
        if (fields.Value("messages", JsonValueKind.Array, "[]api.Message") is not { } messages) return last;
        foreach (var message in messages.EnumerateArray())
        {
            var parts = new GoObject(message, "ChatRequest", "messages.");
            _ = parts.Text("role");
            last = parts.Text("content");
        }

        return last;
    }

    private static bool ReadThink(JsonElement? think) => think switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.String } level when level.GetString() is "high" or "medium" or "low" => true,
        { } other => throw OllamaException.BadRequest(
            $"invalid think value: {other.GetRawText()} (must be \"high\", \"medium\", \"low\", true, or false)"),
    };

    private static string? CheckFormat(JsonElement? format)
    {
        if (format is not { } value || value.ValueKind is JsonValueKind.Object) return null;
        if (value.ValueKind is JsonValueKind.String && value.GetString() is "" or "json") return null;
        var quoted = value.GetRawText().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"invalid format: \"{quoted}\"; expected \"json\" or a valid JSON Schema object";
    }
}
