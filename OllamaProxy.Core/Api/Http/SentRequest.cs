using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Http;

/// <summary>
/// What a client sent with a prompt, for people to look at: byte for byte as it came, but for pictures, sounds and files, which are told
/// by their size, such as <c>{"media_type":"image/png","bytes":1234}</c>.
/// </summary>
internal static class SentRequest
{
    /// <summary>A body that is larger than this once it is decoded is not shown.</summary>
    private const int MaxDecoded = 64 * 1024 * 1024;

    /// <summary>
    /// Of a submitted prompt its fields for Ollama without <c>prompt</c>, of a call its body, decoded where Ollama decodes it. Null where
    /// that is no JSON object in UTF-8.
    /// </summary>
    public static RawJson? Of(PromptContent content)
    {
        var body = JsonBody.WithoutMark(content.Call is { } call ? Decoded(call) : content.Request);
        if (!Utf8.IsValid(body.Span) || !JsonReading.IsObject(body))
            return null;
        return new(WithSizes(content.Call is null ? WithoutPrompt(body) : body));
    }

    private static ReadOnlyMemory<byte> Decoded(ApiCall call)
    {
        if (call.Headers.Find("Content-Encoding") is not { } encoding
            || ApiRoute.Find(call.Endpoint) is not { } endpoint || !EncodedBody.IsDecoded(endpoint, encoding))
            return call.Body;
        try
        {
            return EncodedBody.Decode(call.Body, MaxDecoded) ?? call.Body;
        }
        catch (InvalidDataException)
        {
            return call.Body;
        }
    }

    private static ReadOnlyMemory<byte> WithoutPrompt(ReadOnlyMemory<byte> request)
    {
        using var document = JsonReading.Parse(request);
        if (!document.RootElement.TryGetProperty("prompt", out _))
            return request;
        using var rest = new MemoryStream();
        using (var writer = new Utf8JsonWriter(rest, new() { SkipValidation = true }))
        {
            writer.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
                if (!field.NameEquals("prompt"))
                    field.WriteRawTo(writer);
            writer.WriteEndObject();
        }
        return rest.ToArray();
    }

    /// <summary>
    /// Copies the JSON with its white space, and what is not to be shown replaced. Without recursion: Ollama takes it very deep.
    /// </summary>
    private static ReadOnlyMemory<byte> WithSizes(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new() { MaxDepth = JsonReading.MaxDepth });
        var output = new MemoryStream();
        var containers = new Stack<Meaning>();
        var (copied, name) = (0, Meaning.None);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = MeaningOf(reader.ValueSpan);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    containers.Push(name);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    name = containers.Pop();
                    break;
                case JsonTokenType.String when SizeOf(reader.ValueSpan, name, containers) is { } size:
                    output.Write(json.Span[copied..(int)reader.TokenStartIndex]);
                    output.Write(Encoding.UTF8.GetBytes(size));
                    copied = (int)reader.BytesConsumed;
                    break;
            }
        }
        if (copied == 0)
            return json;
        output.Write(json.Span[copied..]);
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>What stands in place of a text; null: the text itself.</summary>
    private static string? SizeOf(ReadOnlySpan<byte> text, Meaning name, Stack<Meaning> containers)
    {
        // https://www.rfc-editor.org/rfc/rfc2397; OpenAI's clients send pictures and files so.
        if (text.StartsWith("data:"u8) && text.IndexOf(";base64,"u8) is >= 0 and var end)
        {
            var type = Encoding.UTF8.GetString(text["data:".Length..end]);
            return string.Create(CultureInfo.InvariantCulture,
                $$"""{"media_type":"{{type}}","bytes":{{BytesOf(text[(end + ";base64,".Length)..])}}}""");
        }
        // Ollama's pictures, and Anthropic's and OpenAI's objects that hold data.
        return name == Meaning.Images || (name == Meaning.Data && containers.Peek() == Meaning.Source)
            ? string.Create(CultureInfo.InvariantCulture, $$"""{"bytes":{{BytesOf(text)}}}""") : null;
    }

    /// <summary>How many bytes a text in Base64 stands for.</summary>
    private static long BytesOf(ReadOnlySpan<byte> base64) =>
        (base64.Length - base64.Count((byte)'\\') - (long)base64.Count((byte)'=')) * 3 / 4;

    private static Meaning MeaningOf(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "images"u8) ? Meaning.Images
        : Ascii.EqualsIgnoreCase(name, "data"u8) ? Meaning.Data
        : Ascii.EqualsIgnoreCase(name, "source"u8) || Ascii.EqualsIgnoreCase(name, "input_audio"u8) ? Meaning.Source
        : Meaning.None;

    /// <summary>What a field's name says of the texts in it.</summary>
    private enum Meaning
    {
        None,
        Images,
        Data,
        Source,
    }
}
