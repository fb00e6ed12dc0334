using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Callbacks;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>Makes a <see cref="NewPrompt"/> of what a client submits.</summary>
/// <param name="defaultModel">The model of a prompt that names none.</param>
/// <param name="callbacks">Reads where the client wants to be told how it ends.</param>
internal sealed class SubmissionReader(string defaultModel, CallbackReader callbacks)
{
    private const int MaxAttempts = 1000;
    private const double MaxExpiry = 10 * 365 * 86_400.0;
    /// <summary>The shortest time that a client can ask for.</summary>
    public const double MinSeconds = 0.001;

    /// <summary>What is left of a prompt without any.</summary>
    public static readonly byte[] NoFields = "{}"u8.ToArray();

    /// <summary>Fields that are for this program and not for Ollama. It always answers as a stream, whatever the client says.</summary>
    private static readonly HashSet<string> OwnFields =
    [
        "priority", "max_attempts", "timeout", "expires_in", "metadata", "stream", CallbackReader.UrlField, CallbackReader.EventsField,
    ];

    /// <summary>Reads an object. The fields that this program knows are checked, the others are left to Ollama.</summary>
    /// <param name="body">The object.</param>
    /// <param name="buffers">What it stands in: what is made of a large body belongs to it.</param>
    /// <exception cref="ProblemException">400: the body is no good; the message names the field. 503: there is no room for what is made of
    /// it.</exception>
    public NewPrompt Read(JsonElement body, BufferedBody buffers)
    {
        var fields = JsonBody.FieldsOf(body);
        var longText = default(ReadOnlyMemory<byte>?);
        if (fields.Find("prompt", "a string", JsonValueKind.String) is { } prompt && buffers.IsLarge && LongPromptText.IsLong(prompt))
            longText = LongPromptText.Of(prompt, buffers);
        var text = longText is { } bytes ? LongPromptText.BeginningOf(bytes) : fields.Text("prompt");
        if (longText is { } all ? LongPromptText.IsBlank(all.Span) : string.IsNullOrWhiteSpace(text))
            throw Problems.BadRequest(text is null ? "'prompt' is missing." : "'prompt' is blank.");
        var model = fields.Text("model");
        if (model is not null && string.IsNullOrWhiteSpace(model))
            throw Problems.BadRequest("'model' is blank.");
        if (model is not null && NameLimits.WhyNotModel(model) is { } why)
            throw Problems.BadRequest(why);
        CheckOllamaFields(fields);
        var metadata = fields.Raw("metadata", "an object", JsonValueKind.Object);
        if (metadata is { } own)
            NameLimits.CheckMetadata(fields.Find("metadata", "an object", JsonValueKind.Object)!.Value, own.Length);

        return new(text!, model ?? defaultModel, ForOllama(body, text!, longText, buffers))
        {
            LongText = longText,
            Priority = fields.Int32("priority", QueueRank.LowestPriority, QueueRank.HighestPriority) ?? 0,
            MaxAttempts = fields.Int32("max_attempts", 1, MaxAttempts),
            Timeout = fields.Seconds("timeout", MinSeconds, OllamaProxyOptions.MaxSeconds),
            ExpiresIn = fields.Seconds("expires_in", MinSeconds, MaxExpiry),
            Metadata = metadata,
            Callback = callbacks.Read(fields, CallbackEvents.OfPrompts),
        };
    }

    private static void CheckOllamaFields(JsonFields fields)
    {
        fields.Text("system");
        fields.Text("suffix");
        fields.Text("template");
        fields.Find("options", "an object", JsonValueKind.Object);
        fields.Find("format", "a string or an object", JsonValueKind.String, JsonValueKind.Object);
        fields.Find("keep_alive", "a string or a number", JsonValueKind.String, JsonValueKind.Number);
        fields.Find("think", "a boolean or a string", JsonValueKind.True, JsonValueKind.False, JsonValueKind.String);
        fields.Find("raw", "a boolean", JsonValueKind.True, JsonValueKind.False);
        if (fields.Find("images", "an array of strings", JsonValueKind.Array) is { } images)
            foreach (var image in images.EnumerateArray())
                if (image.ValueKind != JsonValueKind.String)
                    throw Problems.BadRequest($"'images' must be an array of strings, but holds {JsonKinds.Name(image)}.");
    }

    /// <summary>The fields for Ollama, but for the prompt's text, which is kept by itself.</summary>
    private static ReadOnlyMemory<byte> ForOllama(JsonElement body, string text, ReadOnlyMemory<byte>? longText, BufferedBody buffers)
    {
        var fields = body.EnumerateObject()
            .Where(field => !OwnFields.Contains(field.Name) && !IsAsWeWrite(field, text, longText) && !IsOpen(field)).ToList();
        if (fields.Count == 0)
            return NoFields;
        if (fields.Sum(field => (long)JsonMarshal.GetRawUtf8Value(field.Value).Length) > BufferedBody.MaxSmall && buffers.IsLarge)
        {
            var buffer = buffers.Rent();
            Write(buffer, fields);
            // A prompt that is not long is handed to the worker with its fields as they are here: then they must stay.
            return buffer.Written.Length > LongPromptText.MaxString ? buffer.Written : buffer.Written.ToArray();
        }
        var request = new ArrayBufferWriter<byte>();
        Write(request, fields);
        return request.WrittenMemory;
    }

    private static void Write(IBufferWriter<byte> request, List<JsonProperty> fields)
    {
        using var writer = new Utf8JsonWriter(request, new() { SkipValidation = true });
        writer.WriteStartObject();
        foreach (var field in fields)
            field.WriteRawTo(writer);
        writer.WriteEndObject();
    }

    /// <summary>Whether the text can be kept by itself without a byte of the client's being lost.</summary>
    private static bool IsAsWeWrite(JsonProperty field, string text, ReadOnlyMemory<byte>? longText) =>
        field.NameEquals("prompt") && (longText is { } all
        ? LongPromptText.IsAsWeWrite(JsonMarshal.GetRawUtf8Value(field.Value), all.Span)
        : JsonMarshal.GetRawUtf8Value(field.Value)[1..^1].SequenceEqual(GenerateRequest.Encode(text).EncodedUtf8Bytes));

    /// <summary>A null is a model that is left out, and the default one takes its place.</summary>
    private static bool IsOpen(JsonProperty field) => field.NameEquals("model") && field.Value.ValueKind == JsonValueKind.Null;
}
