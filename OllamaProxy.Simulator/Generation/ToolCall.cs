using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>A tool call, by which an answer asks the client to run a tool.</summary>
/// <param name="Id">The id of the call.</param>
/// <param name="Name">The name of the tool.</param>
/// <param name="Arguments">The arguments as a JSON object, always the same for the same tool.</param>
internal sealed record ToolCall(string Id, string Name, string Arguments)
{
    private const string Order = "Call the tool";

    /// <summary>A call of the first tool, if the prompt begins with "Call the tool"; otherwise null.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="tools">The declarations of tools, in the format of any of the APIs.</param>
    public static ToolCall? For(string prompt, JsonElement? tools)
    {
        if (tools is not { } all || all.GetArrayLength() == 0 || !prompt.StartsWith(Order, StringComparison.Ordinal)) return null;
        var declaration = new GoObject(all[0], "api.Tool");
        var tool = declaration.Any("function") is { } function ? new GoObject(function, "api.ToolFunction") : declaration;
        var schema = tool.Any("parameters") ?? tool.Any("input_schema");
        var arguments = (schema is { } parameters ? SampleJson.Of(parameters) : null) ?? new JsonObject();
        return new("call_" + RandomNumberGenerator.GetHexString(8, lowercase: true), tool.Text("name"), JsonReply.ToText(arguments));
    }
}
