using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.Models;

/// <summary>The lines by which Ollama reports the progress of a job. Here a model has one layer, which arrives in four steps.</summary>
internal static class ProgressLines
{
    private const int Steps = 4;

    public static IEnumerable<JsonObject> Pull(string model) =>
        [Line("pulling manifest"), .. Layer("pulling", model), Line("verifying sha256 digest"), Line("writing manifest"), Line("success")];

    public static IEnumerable<JsonObject> Push(string model) =>
        [Line("retrieving manifest"), .. Layer("pushing", model), Line("pushing manifest"), Line("success")];

    /// <summary>The creation of a model, after the lines for its base or its files.</summary>
    public static IEnumerable<JsonObject> Create(string model) =>
        [Line($"using existing layer sha256:{DigestOf(model)}"), Line("writing manifest"), Line("success")];

    public static JsonObject Line(string status) => new() { ["status"] = status };

    private static IEnumerable<JsonObject> Layer(string verb, string model)
    {
        var digest = DigestOf(model);
        for (var step = 0; step <= Steps; step++)
        {
            var line = Line($"{verb} {digest[..12]}");
            line["digest"] = $"sha256:{digest}";
            line["total"] = ModelJson.SizeOnDisk;
            if (step > 0) line["completed"] = ModelJson.SizeOnDisk * step / Steps;
            yield return line;
        }
    }

    private static string DigestOf(string model) => ModelJson.DigestOf(ModelCatalog.FullName(model));
}
