using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Parses the body of <c>/v1/responses</c>.</summary>
internal static class ResponsesRequest
{
    private const string Type = "openai.ResponsesRequest";

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, Type);
        var model = fields.Text("model");
        var input = fields.Any("input");
        var prompt = ResponseInput.LastText(input);
        var format = ReadSchema(fields);
        var response = new ResponseObject(model, ResponseEcho.Read(fields), time);
        return new()
        {
            Model = model,
            RequiresModel = true,
            Prompt = prompt,
            OnlyLoads = ResponseInput.IsEmpty(input) && fields.Text("instructions").Length == 0,
            Options = CompatibleFields.Options(fields, "max_output_tokens"),
            Think = CompatibleFields.Thinks(ReadEffort(fields)),
            FormatError = StructuredOutput.Check(format),
            Json = StructuredOutput.JsonFor(prompt, format),
            ToolCall = ToolCall.For(prompt, fields.Any("tools")),
            Whole = response,
            Stream = fields.Flag("stream") ?? false ? new ResponseStream(response) : null,
        };
    }

    private static JsonElement? ReadSchema(GoObject fields)
    {
        if (fields.Value("text", JsonValueKind.Object, "openai.ResponsesText") is not { } text) return null;
        var inText = new GoObject(text, Type, "text.");
        if (inText.Value("format", JsonValueKind.Object, "openai.ResponsesTextFormat") is not { } element) return null;
        var format = new GoObject(element, Type, "text.format.");
        return format.Text("type") == "json_schema" ? format.Any("schema") : null;
    }

    private static string ReadEffort(GoObject fields) =>
        fields.Value("reasoning", JsonValueKind.Object, "openai.ResponsesReasoning") is { } reasoning
            ? new GoObject(reasoning, Type, "reasoning.").Text("effort")
            : "";
}
