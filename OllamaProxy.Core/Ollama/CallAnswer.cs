using System.Text.Json;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Ollama;

/// <summary>Reads what a model says from the answer to a call, which is JSON as a whole, or in lines or events.</summary>
internal static class CallAnswer
{
    /// <summary>The fields that answers of any API have, of which each has one.</summary>
    private static readonly string[] Fields = ["response", "message", "done", "embedding", "embeddings", "choices", "data", "output",
        "content"];

    /// <summary>The whole of an answer.</summary>
    /// <exception cref="OllamaException">It is no JSON object, so that it is not Ollama's.</exception>
    public static OutputChunk ReadWhole(ApiRoute route, ReadOnlyMemory<byte> json)
    {
        try
        {
            if (json.IsEmpty)
                throw OllamaFailures.OfInvalidBody("It was empty.");
            using var document = JsonReading.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw OllamaFailures.OfInvalidBody("It is JSON, but no object.");
            var answer = route.Dialect.Read(route.Kind, document.RootElement);
            if (answer.Error is null && !Fields.Any(field => document.RootElement.TryGetProperty(field, out _)))
                throw OllamaFailures.OfMissingFields();
            return answer with
            {
                Done = true,
                DoneReason = IsBrokenOff(route, answer)
                ? OutputChunk.RepeatLimit.DoneReason : answer.DoneReason
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw OllamaFailures.OfNoJson(exception);
        }
    }

    /// <summary>A part of an answer that comes in parts; null: it is no JSON object, or one that cannot be read.</summary>
    public static OutputChunk? ReadPart(ApiRoute route, ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty || json.Span[0] != (byte)'{')
            return null;
        try
        {
            using var document = JsonReading.Parse(json);
            return route.Dialect.Read(route.Kind, document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether a whole answer lacks what says that it is done; an embedding needs nothing that does.</summary>
    private static bool IsBrokenOff(ApiRoute route, OutputChunk answer) =>
        route.Kind != CallKind.Embed && route.Dialect.TellsDoneReason && answer is { Error: null, Done: false, DoneReason: null or "" };
}
