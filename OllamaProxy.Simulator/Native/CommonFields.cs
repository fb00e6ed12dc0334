using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Native;

/// <summary>The fields that <c>/api/generate</c> and <c>/api/chat</c> have in common.</summary>
internal sealed record CommonFields(string Model, bool Stream, bool Think, TimeSpan? KeepAlive, ModelOptions Options, JsonElement? Format)
{
    /// <exception cref="OllamaException">One of them is of a wrong type.</exception>
    public static CommonFields Read(GoObject fields) => new(
        fields.Text("model"),
        fields.Flag("stream") ?? true,
        ReadThink(fields.Any("think")),
        GoDuration.Parse(fields.Any("keep_alive")),
        ModelOptions.Parse(fields),
        fields.Any("format"));

    public GenerationRequest ToRequest(string prompt, bool onlyLoads, NativeFormat format) => new()
    {
        Model = Model,
        Prompt = prompt,
        OnlyLoads = onlyLoads,
        KeepAlive = KeepAlive,
        Options = Options,
        Think = Think,
        FormatError = StructuredOutput.Check(Format),
        Json = StructuredOutput.JsonFor(prompt, Format),
        Whole = format,
        Stream = Stream && !onlyLoads ? format : null,
    };

    private static bool ReadThink(JsonElement? think) => think switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.String } level when level.GetString() is "high" or "medium" or "low" => true,
        { } other => throw OllamaException.BadRequest(
            $"invalid think value: {other.GetRawText()} (must be \"high\", \"medium\", \"low\", true, or false)"),
    };
}
