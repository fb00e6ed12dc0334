using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Parses the body of <c>/v1/chat/completions</c>.</summary>
internal static class ChatCompletionRequest
{
    private const string Type = "openai.ChatCompletionRequest";

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, Type);
        var model = fields.Text("model");
        var prompt = LastText(fields);
        var format = ReadFormat(fields);
        var answer = new ChatCompletion(model, CompatibleFields.IncludesUsage(fields, Type), time);
        return new()
        {
            Model = model,
            RequiresModel = true,
            Prompt = prompt,
            Options = CompatibleFields.Options(fields),
            Think = CompatibleFields.Thinks(ReadEffort(fields)),
            FormatError = StructuredOutput.Check(format.Schema),
            Json = format.IsAny ? StructuredOutput.AnyObject(prompt) : StructuredOutput.JsonFor(prompt, format.Schema),
            ToolCall = ToolCall.For(prompt, fields.Value("tools", JsonValueKind.Array, "[]api.Tool")),
            Whole = answer,
            Stream = fields.Flag("stream") ?? false ? answer : null,
        };
    }

    private static string LastText(GoObject fields)
    {
        if (fields.Value("messages", JsonValueKind.Array, "[]openai.Message") is not { } messages || messages.GetArrayLength() == 0)
            throw OllamaException.BadRequest("[] is too short - 'messages'");
        var last = "";
        foreach (var element in messages.EnumerateArray())
        {
            var message = new GoObject(element, Type, "messages.");
            _ = message.Text("role");
            last = MessageContent.Read(message);
        }

        return last;
    }

    private static (bool IsAny, JsonElement? Schema) ReadFormat(GoObject fields)
    {
        if (fields.Value("response_format", JsonValueKind.Object, "openai.ResponseFormat") is not { } element) return (false, null);
        var format = new GoObject(element, Type, "response_format.");
        var schema = format.Value("json_schema", JsonValueKind.Object, "openai.JsonSchema") is { } named
            ? new GoObject(named, Type, "response_format.json_schema.").Any("schema")
            : null;
        return format.Text("type") switch
        {
            "json_object" => (true, null),
            "json_schema" => (false, schema),
            _ => (false, null),
        };
    }

    private static string ReadEffort(GoObject fields) =>
        fields.Value("reasoning", JsonValueKind.Object, "openai.Reasoning") is { } reasoning
            ? new GoObject(reasoning, Type, "reasoning.").Text("effort")
            : fields.Text("reasoning_effort");
}
