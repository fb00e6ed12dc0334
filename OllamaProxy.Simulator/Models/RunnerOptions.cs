using System.Text.Json;

namespace OllamaProxy.Simulator.Models;

/// <summary>
/// The options that a model is loaded with. A request with other options has the model loaded anew, once no request runs on it; options
/// that a request does not name have their defaults (Ollama, <c>server/sched.go</c>: <c>needsReload</c>).
/// </summary>
/// <param name="Values">The options as JSON, in a fixed order; null: all have their defaults.</param>
internal readonly record struct RunnerOptions(string? Values)
{
    private static readonly string[] Names = ["num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap"];

    /// <summary>Reads them from a request's <c>options</c>.</summary>
    public static RunnerOptions Of(JsonElement options)
    {
        var values = Names
            .Where(name => options.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            .Select(name => $"{name}={options.GetProperty(name).GetRawText()}")
            .ToList();
        return values.Count > 0 ? new(string.Join(',', values)) : default;
    }
}
