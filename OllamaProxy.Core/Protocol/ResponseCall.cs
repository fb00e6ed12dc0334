using System.Text.Json;

namespace OllamaProxy.Protocol;

/// <summary>What a call of <c>/v1/responses</c> asks of this program, and not of the model.</summary>
/// <param name="IsBackground">Whether its answer is not waited for.</param>
/// <param name="IsStored">Whether its response can be fetched by its id.</param>
/// <param name="IsStreamed">Whether its answer comes in events.</param>
/// <param name="PreviousId">The id of the response that it goes on from; null: it begins a conversation.</param>
internal sealed record ResponseCall(bool IsBackground, bool IsStored, bool IsStreamed, string? PreviousId)
{
    /// <summary>The header of a stored call with the <see cref="PreviousId"/>. It is not sent to Ollama, which has no memory.</summary>
    public const string PreviousHeader = "X-Previous-Response-Id";

    /// <summary>Reads the body of a call.</summary>
    public static ResponseCall Read(JsonElement body) => new(
        body.Find("background") is { ValueKind: JsonValueKind.True },
        body.Find("store") is not { ValueKind: JsonValueKind.False },
        body.Find("stream") is { ValueKind: JsonValueKind.True },
        body.Text("previous_response_id") is { Length: > 0 } previous ? previous : null);

    /// <summary>
    /// Reads the body of a call that may ask for something that Ollama does not do; null: it asks for nothing of the kind, as most do, or
    /// is no JSON object, which is Ollama's to say.
    /// </summary>
    public static ResponseCall? ReadIfSpecial(ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOf("\"background\""u8) < 0 && body.Span.IndexOf("\"previous_response_id\""u8) < 0)
            return null;
        try
        {
            using var document = JsonReading.Parse(body);
            var call = Read(document.RootElement);
            return call.IsBackground || call.PreviousId is not null ? call : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
