using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OllamaProxy.Simulator.Go;

namespace OllamaProxy.Simulator.Models;

/// <summary>Writes models in Ollama's format, with invented figures.</summary>
internal static class ModelJson
{
    private const int EmbeddingLength = 128;
    public const long SizeOnDisk = 34_806_670;
    private const long SizeInMemory = 40_506_490;

    public static void WriteList<T>(Utf8JsonWriter json, IEnumerable<T> models, Action<T> write)
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var model in models) write(model);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteTag(Utf8JsonWriter json, InstalledModel model, int contextLength)
    {
        json.WriteStartObject();
        json.WriteString("name", model.Name);
        json.WriteString("model", model.Name);
        json.WriteString("modified_at", GoTime.Format(model.ModifiedAt));
        json.WriteNumber("size", SizeOnDisk);
        json.WriteString("digest", DigestOf(model.Name));
        json.WriteStartObject("details");
        WriteDetails(json);
        json.WriteNumber("context_length", contextLength);
        json.WriteNumber("embedding_length", EmbeddingLength);
        json.WriteEndObject();
        WriteCapabilities(json);
        json.WriteEndObject();
    }

    public static void WriteLoaded(Utf8JsonWriter json, string name, DateTimeOffset expiresAt, int contextLength)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("model", name);
        json.WriteNumber("size", SizeInMemory);
        json.WriteString("digest", DigestOf(name));
        json.WriteStartObject("details");
        WriteDetails(json);
        json.WriteEndObject();
        json.WriteString("expires_at", GoTime.Format(expiresAt));
        json.WriteNumber("size_vram", 0);
        json.WriteNumber("context_length", contextLength);
        json.WriteEndObject();
    }

    public static void WriteShow(Utf8JsonWriter json, InstalledModel model, int contextLength)
    {
        json.WriteStartObject();
        json.WriteString("modelfile", $"# This is the Simulator, not a language model.\nFROM {model.Name}\nTEMPLATE {{{{ .Prompt }}}}\n");
        json.WriteString("parameters", "");
        json.WriteString("template", "{{ .Prompt }}");
        json.WriteStartObject("details");
        WriteDetails(json);
        json.WriteEndObject();
        json.WriteStartObject("model_info");
        json.WriteString("general.architecture", "simulator");
        json.WriteNumber("general.parameter_count", 0);
        json.WriteNumber("simulator.context_length", contextLength);
        json.WriteNumber("simulator.embedding_length", EmbeddingLength);
        json.WriteEndObject();
        WriteCapabilities(json);
        json.WriteString("modified_at", GoTime.Format(model.ModifiedAt));
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteString("parent_model", "");
        json.WriteString("format", "gguf");
        json.WriteString("family", "simulator");
        WriteStrings(json, "families", "simulator");
        json.WriteString("parameter_size", "0");
        json.WriteString("quantization_level", "unknown");
    }

    private static void WriteCapabilities(Utf8JsonWriter json) => WriteStrings(json, "capabilities", "completion", "tools", "thinking");

    private static void WriteStrings(Utf8JsonWriter json, string name, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    public static string DigestOf(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
