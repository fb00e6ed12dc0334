using System.Text.Json;
using System.Text.Json.Serialization;
using OllamaProxy.Callbacks;
using OllamaProxy.Protocol;

namespace OllamaProxy.Webhooks;

/// <summary>An event in the shape of OpenAI's: https://platform.openai.com/docs/api-reference/webhook-events</summary>
/// <param name="Id">Its id.</param>
/// <param name="Object">What it is: an event.</param>
/// <param name="CreatedAt">When it happened, in seconds since 1970.</param>
/// <param name="Type">Its type.</param>
/// <param name="Data">What it is about.</param>
internal sealed record WebhookEvent(string Id, string Object, long CreatedAt, string Type, WebhookEventData Data)
{
    /// <summary>The body that is sent: the same bytes at each attempt.</summary>
    public static byte[] BodyOf(Delivery delivery) => JsonSerializer.SerializeToUtf8Bytes(
        new(delivery.Event, "event", delivery.CreatedAt.ToUnixTimeSeconds(), delivery.Type, new(IdOf(delivery))),
        WebhookJson.Default.WebhookEvent);

    /// <summary>The id as the API has it that the client used.</summary>
    private static string IdOf(Delivery delivery) => delivery.Type.Split('.')[0] switch
    {
        "batch" => $"batch_{delivery.Subject:N}",
        "response" => ResponseId.Of(delivery.Subject),
        _ => delivery.Subject.ToString(),
    };
}

/// <summary>What an event is about.</summary>
/// <param name="Id">The id of the prompt, the batch or the response.</param>
internal sealed record WebhookEventData(string Id);

/// <summary>The JSON of webhooks.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WebhookEvent))]
internal sealed partial class WebhookJson : JsonSerializerContext;
