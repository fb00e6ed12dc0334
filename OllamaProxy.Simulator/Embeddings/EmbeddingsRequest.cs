using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>Parses the body of <c>/api/embeddings</c>, the older route that embeds one text.</summary>
internal static class EmbeddingsRequest
{
    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, "api.EmbeddingRequest");
        var model = fields.Text("model");
        var prompt = fields.Text("prompt");
        return new()
        {
            Model = model,
            RequiresModel = true,
            NotFound = $"model \"{model}\" not found, try pulling it first",
            Prompt = prompt,
            OnlyLoads = prompt.Length == 0,
            KeepAlive = GoDuration.Parse(fields.Any("keep_alive")),
            IsEmbedding = true,
            Options = EmbedRequest.OptionsOf(fields),
            Whole = new EmbeddingsFormat(prompt),
        };
    }
}
