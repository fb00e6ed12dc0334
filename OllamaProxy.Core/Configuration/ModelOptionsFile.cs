using System.Runtime.InteropServices;
using System.Text.Json;
using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>
/// Reads the file that <c>OLLAMA_PROXY_MODEL_OPTIONS_FILE</c> names: a JSON object with an object of options for each model, such as
/// <c>{"llama3.2": {"num_ctx": 16384}}</c>. Comments and trailing commas are allowed.
/// </summary>
internal static class ModelOptionsFile
{
    private static readonly JsonDocumentOptions Reading = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads the options of each model, by its canonical name.</summary>
    /// <param name="settings">The settings; what is wrong with the file is recorded there.</param>
    public static IReadOnlyDictionary<string, DefaultOptions> Read(SettingReader settings)
    {
        const string Name = "OLLAMA_PROXY_MODEL_OPTIONS_FILE";
        if (settings.Text(Name, "") is not { Length: > 0 } path)
            return new Dictionary<string, DefaultOptions>();
        var full = DatabaseFile.Resolve(path);
        try
        {
            return Parse(File.ReadAllBytes(full));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            settings.Refuse($"The setting {Name} names the file {full}, which cannot be read: {exception.Message}");
        }
        catch (JsonException exception)
        {
            settings.Refuse($"The file {full} of the setting {Name} is not JSON: {exception.Message}");
        }
        catch (FormatException exception)
        {
            settings.Refuse($"The file {full} of the setting {Name} {exception.Message}.");
        }
        return new Dictionary<string, DefaultOptions>();
    }

    /// <exception cref="FormatException">It is JSON, but not of this form; the message ends a sentence about the file.</exception>
    private static Dictionary<string, DefaultOptions> Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json.AsMemory(json is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0), Reading);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new FormatException("must hold an object with the models, such as {\"llama3.2\": {\"num_ctx\": 16384}}");
        var models = new Dictionary<string, DefaultOptions>();
        foreach (var model in document.RootElement.EnumerateObject())
        {
            var name = ModelName.Canonical(model.Name);
            if (name.Length == 0)
                throw new FormatException("has a model without a name");
            if (model.Value.ValueKind != JsonValueKind.Object)
                throw new FormatException($"must have an object of options for '{model.Name}', such as {{\"num_ctx\": 16384}}");
            var options = model.Value.EnumerateObject().ToDictionary(option => option.Name, option => ValueOf(option, model.Name));
            if (!models.TryAdd(name, new(options)))
                throw new FormatException($"has the model '{name}' twice");
        }
        return models;
    }

    private static byte[] ValueOf(JsonProperty option, string model)
    {
        if (option.Value.ValueKind == JsonValueKind.Null)
            throw new FormatException($"has no value for the option '{option.Name}' of '{model}'");
        if (LoadOptions.IsWholeNumber(option.Name) && !IsWholeNumber(option.Value))
            throw new FormatException(
                $"must have a whole number as the option '{option.Name}' of '{model}', but has {option.Value.GetRawText()}");
        return JsonMarshal.GetRawUtf8Value(option.Value).ToArray();
    }

    private static bool IsWholeNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _);
}
