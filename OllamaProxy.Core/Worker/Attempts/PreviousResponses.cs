using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker.Attempts;

/// <summary>
/// Puts the conversation so far in front of a call of <c>/v1/responses</c> that goes on from an earlier response. Ollama remembers none;
/// the store has what was sent, and what was answered. Each call is kept as it came, so that a long conversation is stored once.
/// </summary>
public sealed class PreviousResponses(IPromptReader reader, OllamaProxyOptions options)
{
    /// <summary>The body for Ollama.</summary>
    /// <param name="body">The body as it came.</param>
    /// <param name="previous">The id of the response that it goes on from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OllamaException">The response is gone, or the conversation is too long.</exception>
    internal async Task<ReadOnlyMemory<byte>> PrependAsync(
        ReadOnlyMemory<byte> body, string previous, CancellationToken cancellationToken)
    {
        var call = ResponseAnswer.Parse(body.Span)
            ?? throw new OllamaException(FailureKind.Permanent,
                "To go on from a response, the call must be a JSON object of at most 256 levels that names each field once.");
        var turns = new List<IReadOnlyList<JsonNode>>();
        long length = body.Length;
        for (var id = previous; id is not null && turns.Count < options.MaxPreviousResponses;)
        {
            // Of what was removed since, the model is told nothing; but it must know what it is asked about.
            if (await ReadAsync(id, cancellationToken) is not var (items, earlier, bytes))
            {
                if (turns.Count == 0)
                    throw new OllamaException(FailureKind.Permanent, $"The previous response '{previous}' is not there any more.");
                break;
            }
            if ((length += bytes) > options.MaxBodyBytes)
                throw new OllamaException(FailureKind.Permanent,
                    $"With the responses that it goes on from, the call is longer than {options.MaxBodyBytes} bytes.");
            turns.Add(items);
            id = earlier;
        }
        turns.Reverse();
        var own = ResponseAnswer.ItemsOf(call["input"]);
        call["input"] = new JsonArray([.. turns.SelectMany(items => items).Concat(own).Select(item => item.DeepClone())]);
        call.Remove("previous_response_id");
        var written = new ArrayBufferWriter<byte>((int)length + 64);
        using (var json = new Utf8JsonWriter(written, GenerateRequest.Writing))
            call.WriteTo(json);
        return written.WrittenMemory;
    }

    /// <summary>What was said with a response, the id of the one before it, and how long all of that is. Null: it is not there.</summary>
    private async Task<(IReadOnlyList<JsonNode> Items, string? Earlier, int Length)?> ReadAsync(
        string id, CancellationToken cancellationToken)
    {
        if (ResponseId.Parse(id) is not { } prompt
            || await reader.FindContentAsync(prompt, cancellationToken) is not { Call: { } call }
            || call.Endpoint != ApiRoute.Responses.Path
            || await reader.FindResponseAsync(prompt, cancellationToken) is not { } response)
            return null;
        var body = await ResponseCalls.ReadBodyAsync(call, options.MaxBodyBytes, cancellationToken);
        var answer = await response.Body.ReadWholeAsync(cancellationToken);
        return (
            [
                .. ResponseAnswer.ItemsOf(ResponseAnswer.Parse(body.Span)?["input"]),
                .. ResponseAnswer.ItemsOf(ResponseAnswer.Find(answer)?["output"]),
            ],
            call.Headers.Find(ResponseCall.PreviousHeader), body.Length + answer.Length);
    }
}
