using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>Parses the body of <c>/api/embed</c>. An embedding is an answer without tokens.</summary>
internal static class EmbedRequest
{
    public static readonly ModelOptions NoTokens = ModelOptions.Of(numPredict: null, simulatorTokens: 0);

    /// <summary>The options of a request of which the answer has no tokens.</summary>
    public static ModelOptions OptionsOf(GoObject fields) => ModelOptions.Parse(fields) with { NumPredict = null, SimulatorTokens = 0 };

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, "api.EmbedRequest");
        var model = fields.Text("model");
        var inputs = EmbeddingInput.Read(fields.Any("input"));
        _ = fields.Flag("truncate");
        return new()
        {
            Model = model,
            Prompt = string.Join(' ', inputs),
            OnlyLoads = inputs.Count == 0,
            KeepAlive = GoDuration.Parse(fields.Any("keep_alive")),
            IsEmbedding = true,
            Options = OptionsOf(fields),
            Whole = new EmbedFormat(model, inputs, fields.Integer("dimensions")),
        };
    }
}
