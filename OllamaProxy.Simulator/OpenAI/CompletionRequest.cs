using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Parses the body of <c>/v1/completions</c>.</summary>
internal static class CompletionRequest
{
    private const string Type = "openai.CompletionRequest";

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, Type);
        var model = fields.Text("model");
        var prompt = fields.Text("prompt");
        var answer = new Completion(model, CompatibleFields.IncludesUsage(fields, Type), time);
        return new()
        {
            Model = model,
            Prompt = prompt,
            OnlyLoads = prompt.Length == 0,
            Options = CompatibleFields.Options(fields),
            Whole = answer,
            Stream = fields.Flag("stream") ?? false ? answer : null,
        };
    }
}
