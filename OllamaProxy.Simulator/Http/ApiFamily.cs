using System.Text.Json;
using OllamaProxy.Simulator.Anthropic;
using OllamaProxy.Simulator.OpenAI;

namespace OllamaProxy.Simulator.Http;

/// <summary>The common properties of the APIs of one vendor.</summary>
/// <param name="Framing">How JSON objects and errors are sent.</param>
/// <param name="EmptyBody">The error for a request without a body.</param>
/// <param name="WriteError">Writes the JSON of an error with this status and message.</param>
internal sealed record ApiFamily(JsonFraming Framing, string EmptyBody, Action<Utf8JsonWriter, int, string> WriteError)
{
    public static ApiFamily Native { get; } =
        new(JsonFraming.Gin, "missing request body", (json, _, error) => JsonReply.WriteError(json, error));

    public static ApiFamily OpenAI { get; } = new(JsonFraming.Encoder, "EOF", OpenAIError.Write);

    public static ApiFamily Anthropic { get; } = new(JsonFraming.Encoder, "EOF", AnthropicError.Write);

    public Task ErrorAsync(HttpResponse response, int status, string error, CancellationToken ct, JsonFraming? framing = null)
    {
        response.StatusCode = status;
        return JsonReply.WriteAsync(response, json => WriteError(json, status, error), ct, framing ?? Framing);
    }
}
