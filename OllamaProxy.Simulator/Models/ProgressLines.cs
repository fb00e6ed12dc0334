using System.Text.Json.Nodes;
namespace OllamaProxy.Simulator.Models;

/// <summary>What Ollama tells of a job, in lines. A model is one layer here, and four steps on its way.</summary>
internal static class ProgressLines
{
    private const int Steps = 4;

    public static IEnumerable<JsonObject> Pull(string model) =>
        [Line("pulling manifest"), .. Layer("pulling", model), Line("verifying sha256 digest"), Line("writing manifest"), Line("success")];

    public static IEnumerable<JsonObject> Push(string model) =>
        [Line("retrieving manifest"), .. Layer("pushing", model), Line("pushing manifest"), Line("success")];

    /// <summary>The making of a model, after what is told while its base is pulled, or its files are read.</summary>
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
