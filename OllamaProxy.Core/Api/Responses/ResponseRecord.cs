using System.Text.Json.Nodes;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Responses;

/// <summary>A response that can be fetched: a prompt that came in by <c>/v1/responses</c>, with what was sent.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Call">What the call asks of this program.</param>
/// <param name="Request">The fields of the call but for its input; none where it is no JSON object.</param>
internal sealed record ResponseRecord(Prompt Prompt, ResponseCall Call, JsonObject Request)
{
    /// <summary>The id of the response.</summary>
    public string Id => ResponseId.Of(Prompt.Id);
}
