using System.Text.Json;

namespace OllamaProxy.Simulator.Models;

/// <summary>
/// The options that a model is loaded with. A request with others has the model loaded anew, once no request runs on it; options that a
/// request does not name have their defaults (Ollama, <c>server/sched.go</c>: <c>needsReload</c>).
/// </summary>
/// <param name="ContextLength">The tokens that the context holds; null: the default.</param>
/// <param name="Layers">The layers on the graphics card; null: as Ollama sees fit.</param>
/// <param name="Others">The other options as JSON, in a fixed order; empty: all have their defaults.</param>
internal readonly record struct RunnerOptions(int? ContextLength, int? Layers, string Others)
{
    /// <summary>All options have their defaults.</summary>
    public static readonly RunnerOptions Default = new(null, null, "");

    private static readonly string[] OtherNames = ["num_batch", "main_gpu", "num_thread", "use_mmap", "draft_num_predict"];

    /// <summary>Reads them from a request's <c>options</c>.</summary>
    public static RunnerOptions Of(JsonElement options) => new(
        // Ollama has no smaller context.
        Integer(options, "num_ctx") is { } length ? Math.Max(length, 4) : null,
        Integer(options, "num_gpu") is >= 0 and var layers ? layers : null,
        string.Join(',', OtherNames
            .Where(name => options.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            .Select(name => $"{name}={options.GetProperty(name).GetRawText()}")));

    /// <summary>Whether a request with these options can run on a model that was loaded with those.</summary>
    /// <param name="loaded">The options that the model was loaded with.</param>
    /// <param name="defaultLength">The default length of the context.</param>
    public bool FitsOn(RunnerOptions loaded, int defaultLength) =>
        (ContextLength ?? defaultLength) == (loaded.ContextLength ?? defaultLength)
        && (Layers is null || Layers == loaded.Layers) // Who leaves the layers to Ollama takes any number of them.
        && Others == loaded.Others;

    private static int? Integer(JsonElement options, string name) =>
        options.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number
            ? (int)Math.Clamp(value.GetDouble(), int.MinValue, int.MaxValue)
            : null;
}
