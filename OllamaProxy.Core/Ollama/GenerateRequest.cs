using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Ollama;

/// <summary>The body of a request to <c>/api/generate</c>.</summary>
public static class GenerateRequest
{
    internal static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true
    };

    /// <summary>
    /// Puts the body together: the client's fields byte for byte as they came in, and around them only what the client
    /// left open. The answer is always asked for as a stream.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="defaultModel">For a prompt without a model.</param>
    /// <param name="defaultKeepAlive">
    /// A JSON value for a prompt whose <c>keep_alive</c> is left out or null; null: Ollama's own default.
    /// </param>
    public static byte[] Write(ClaimedPrompt prompt, string defaultModel, string? defaultKeepAlive)
    {
        using var request = JsonDocument.Parse(prompt.Request);
        using var body = new MemoryStream(prompt.Request.Length + prompt.Text.Length + 64);
        using (var writer = new Utf8JsonWriter(body, Writing))
        {
            bool Has(string name) => request.RootElement.TryGetProperty(name, out _);

            writer.WriteStartObject();
            if (!Has("model"))
                writer.WriteString("model", prompt.Model ?? defaultModel);
            if (!Has("prompt"))
                writer.WriteString("prompt", prompt.Text);
            // Ollama treats null as if the field were absent.
            var setsKeepAlive = defaultKeepAlive is not null && request.RootElement.Find("keep_alive") is null;
            foreach (var field in request.RootElement.EnumerateObject())
                if (!field.NameEquals("stream") && !(setsKeepAlive && field.NameEquals("keep_alive")))
                    field.WriteRawTo(writer);
            if (setsKeepAlive)
            {
                writer.WritePropertyName("keep_alive");
                writer.WriteRawValue(defaultKeepAlive!);
            }
            writer.WriteBoolean("stream", true);
            writer.WriteEndObject();
        }
        return body.ToArray();
    }

    /// <summary>A body as Ollama expects it.</summary>
    public static HttpContent ContentOf(byte[] body) => new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };

    /// <summary>Writes a field with its value byte for byte as it was read.</summary>
    public static void WriteRawTo(this JsonProperty field, Utf8JsonWriter writer)
    {
        writer.WritePropertyName(field.Name);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(field.Value), skipInputValidation: true);
    }

    /// <summary>A text as this class writes it into a body, quotes included.</summary>
    public static JsonEncodedText Encode(string text) => JsonEncodedText.Encode(text, Writing.Encoder);
}
