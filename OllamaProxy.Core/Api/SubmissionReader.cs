using System.Runtime.InteropServices;
using System.Text.Json;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>Makes a <see cref="NewPrompt"/> of what a client submits.</summary>
/// <param name="defaultModel">The model of a prompt that names none.</param>
internal sealed class SubmissionReader(string defaultModel)
{
    private const int MaxAttempts = 1000;
    private const double MaxExpiry = 10 * 365 * 86_400.0;
    /// <summary>The shortest time that a client can ask for.</summary>
    public const double MinSeconds = 0.001;

    /// <summary>What is left of a prompt without any.</summary>
    public static readonly byte[] NoFields = "{}"u8.ToArray();

    /// <summary>Fields that are for this program and not for Ollama. It always answers as a stream, whatever the client says.</summary>
    private static readonly HashSet<string> OwnFields = ["priority", "max_attempts", "timeout", "expires_in", "metadata", "stream"];

    /// <summary>Reads an object. The fields that this program knows are checked, the others are left to Ollama.</summary>
    /// <exception cref="ProblemException">400: the body is no good; the message names the field.</exception>
    public NewPrompt Read(JsonElement body)
    {
        var fields = JsonBody.FieldsOf(body);
        var text = fields.Text("prompt");
        if (string.IsNullOrWhiteSpace(text))
            throw Problems.BadRequest(text is null ? "'prompt' is missing." : "'prompt' is blank.");
        var model = fields.Text("model");
        if (model is not null && string.IsNullOrWhiteSpace(model))
            throw Problems.BadRequest("'model' is blank.");
        CheckOllamaFields(fields);

        return new(text, model ?? defaultModel, ForOllama(body, text))
        {
            Priority = fields.Whole("priority", Rank.LowestPriority, Rank.HighestPriority) ?? 0,
            MaxAttempts = fields.Whole("max_attempts", 1, MaxAttempts),
            Timeout = fields.Seconds("timeout", MinSeconds, OllamaProxyOptions.MaxSeconds),
            ExpiresIn = fields.Seconds("expires_in", MinSeconds, MaxExpiry),
            Metadata = fields.Raw("metadata", "an object", JsonValueKind.Object),
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
    private static ReadOnlyMemory<byte> ForOllama(JsonElement body, string text)
    {
        var fields = body.EnumerateObject().Where(field => !OwnFields.Contains(field.Name) && !IsAsWeWrite(field, text) && !IsOpen(field)).ToList();
        if (fields.Count == 0)
            return NoFields;
        using var request = new MemoryStream();
        using (var writer = new Utf8JsonWriter(request, new() { SkipValidation = true }))
        {
            writer.WriteStartObject();
            foreach (var field in fields)
                field.WriteRawTo(writer);
            writer.WriteEndObject();
        }
        return request.GetBuffer().AsMemory(0, (int)request.Length);
    }

    /// <summary>Whether the text can be kept by itself without a byte of the client's being lost.</summary>
    private static bool IsAsWeWrite(JsonProperty field, string text) =>
        field.NameEquals("prompt") && JsonMarshal.GetRawUtf8Value(field.Value)[1..^1].SequenceEqual(GenerateRequest.Encode(text).EncodedUtf8Bytes);

    /// <summary>A null is a model that is left out, and the default one takes its place.</summary>
    private static bool IsOpen(JsonProperty field) => field.NameEquals("model") && field.Value.ValueKind == JsonValueKind.Null;
}
