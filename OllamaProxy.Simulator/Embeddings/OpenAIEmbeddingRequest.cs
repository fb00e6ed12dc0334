using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Embeddings;

/// <summary>Parses the body of <c>/v1/embeddings</c>.</summary>
internal static class OpenAIEmbeddingRequest
{
    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, "openai.EmbedRequest");
        var model = fields.Text("model");
        var isBase64 = IsBase64(fields.Text("encoding_format"));
        var inputs = ReadInputs(fields.Any("input"));
        return new()
        {
            Model = model,
            Prompt = string.Join(' ', inputs),
            IsEmbedding = true,
            Options = EmbedRequest.NoTokens,
            Whole = new OpenAIEmbeddingFormat(model, inputs, fields.Integer("dimensions"), isBase64),
        };
    }

    private static bool IsBase64(string encoding) => encoding.ToLowerInvariant() switch
    {
        "" or "float" => false,
        "base64" => true,
        _ => throw OllamaException.BadRequest($"Invalid value for 'encoding_format' = {encoding}. Supported values: ['float', 'base64']."),
    };

    private static IReadOnlyList<string> ReadInputs(JsonElement? input)
    {
        if (input is not { } given || (given.ValueKind is JsonValueKind.Array && given.GetArrayLength() == 0))
            throw OllamaException.BadRequest("invalid input");
        return EmbeddingInput.Read(given) is { Count: > 0 } inputs ? inputs : [""];
    }
}
