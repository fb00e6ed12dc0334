using System.Text.Json;
namespace OllamaProxy.Simulator.Models;

/// <summary>
/// The options that a model is loaded with. A request that asks for others has the model loaded anew, once nothing runs on it;
/// one that says nothing of an option takes the default for it (Ollama, <c>server/sched.go</c>: <c>needsReload</c>).
/// </summary>
/// <param name="Values">Their names and values as JSON, in a fixed order; null: all are the defaults.</param>
internal readonly record struct RunnerOptions(string? Values)
{
    private static readonly string[] Names = ["num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap"];

    /// <summary>Those of a request's <c>options</c>.</summary>
    public static RunnerOptions Of(JsonElement options)
    {
        var values = Names
            .Where(name => options.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            .Select(name => $"{name}={options.GetProperty(name).GetRawText()}")
            .ToList();
        return values.Count > 0 ? new(string.Join(',', values)) : default;
    }
}
