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

    /// <summary>A call that asks for nothing of the kind.</summary>
    private static readonly ResponseCall Ordinary = new(false, true, false, null);

    /// <summary>Reads the body of a call. One that is no JSON object asks for nothing: what is wrong with it is Ollama's to say.</summary>
    public static ResponseCall Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonReading.Parse(json);
            var body = document.RootElement;
            return new(
                body.Find("background") is { ValueKind: JsonValueKind.True },
                body.Find("store") is not { ValueKind: JsonValueKind.False },
                body.Find("stream") is { ValueKind: JsonValueKind.True },
                body.Text("previous_response_id") is { Length: > 0 } previous ? previous : null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Ordinary;
        }
    }

    /// <summary>Reads the body of a call that may ask for something that Ollama does not do; null: it does not, as most.</summary>
    public static ResponseCall? ReadIfSpecial(ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOf("\"background\""u8) < 0 && body.Span.IndexOf("\"previous_response_id\""u8) < 0)
            return null;
        var call = Read(body);
        return call.IsBackground || call.PreviousId is not null ? call : null;
    }
}
