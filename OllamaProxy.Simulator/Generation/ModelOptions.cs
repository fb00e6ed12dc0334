using System.Text.Json;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Simulator.Models;

namespace OllamaProxy.Simulator.Generation;

/// <summary>The supported fields of a request's <c>options</c>.</summary>
/// <param name="NumPredict">The most tokens of an answer; no limit if null, 0 or negative.</param>
/// <param name="SimulatorTokens">The Simulator's own option <c>simulator_tokens</c>: how many tokens the answer has.</param>
/// <param name="NumKeep">How many tokens at its beginning are kept of a prompt that is cut; null: the default.</param>
/// <param name="Runner">The options that the model is loaded with.</param>
/// <param name="Error">The error in the options; null: there is none. Ollama reports it only once the model is found.</param>
internal sealed record ModelOptions(int? NumPredict, int? SimulatorTokens, int? NumKeep, RunnerOptions Runner, string? Error)
{
    private static readonly ModelOptions None = new(null, null, null, RunnerOptions.Default, null);

    /// <summary>Parses the field <c>options</c> of a native request.</summary>
    /// <exception cref="OllamaException">The field is not an object.</exception>
    public static ModelOptions Parse(GoObject fields)
    {
        if (fields.Value("options", JsonValueKind.Object, "map[string]interface {}") is not { } element)
            return None;
        var error = element.EnumerateObject().Select(Check).FirstOrDefault(problem => problem is not null);
        if (error is not null) return None with { Error = error };
        return Of(Integer(element, "num_predict"), Integer(element, "simulator_tokens")) with
        {
            NumKeep = Integer(element, "num_keep"),
            Runner = RunnerOptions.Of(element),
        };
    }

    public static ModelOptions Of(int? numPredict, int? simulatorTokens) => simulatorTokens < 0
        ? None with { Error = "option \"simulator_tokens\" must not be negative" }
        : None with { NumPredict = numPredict, SimulatorTokens = simulatorTokens };

    private static string? Check(JsonProperty option)
    {
        var type = TypeOf(option.Name);
        var kind = option.Value.ValueKind;
        var fits = kind is JsonValueKind.Null || type switch
        {
            null => true,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "array" => kind is JsonValueKind.Array,
            _ => kind is JsonValueKind.Number,
        };
        return fits ? null : $"option \"{option.Name}\" must be of type {type}";
    }

    private static string? TypeOf(string option) => option switch
    {
        "num_keep" or "seed" or "num_predict" or "top_k" or "repeat_last_n" or "num_ctx" or "num_batch" or "num_gpu" or "main_gpu"
            or "num_thread" or "draft_num_predict" or "simulator_tokens" => "integer",
        "top_p" or "min_p" or "typical_p" or "temperature" or "repeat_penalty" or "presence_penalty" or "frequency_penalty" => "float32",
        "use_mmap" => "boolean",
        "stop" => "array",
        _ => null,
    };

    // Ollama accepts any number as an integer, and truncates it.
    private static int? Integer(JsonElement options, string name) =>
        options.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number
            ? (int)Math.Clamp(value.GetDouble(), int.MinValue, int.MaxValue)
            : null;
}
