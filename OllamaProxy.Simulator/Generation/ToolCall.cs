using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>A call of a tool that an answer asks its client for.</summary>
/// <param name="Id">Names the call.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">A JSON object. The same tool is always given the same.</param>
internal sealed record ToolCall(string Id, string Name, string Arguments)
{
    private const string Order = "Call the tool";

    /// <summary>A call of the first tool if the prompt begins with the order; else null.</summary>
    /// <param name="prompt">What is asked.</param>
    /// <param name="tools">Their declarations, in the shape of any of the APIs.</param>
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
