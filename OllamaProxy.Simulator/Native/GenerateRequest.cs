using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Native;

/// <summary>Parses the body of <c>/api/generate</c>. Of fields without an effect here, only the type is checked.</summary>
internal static class GenerateRequest
{
    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static GenerationRequest Read(JsonElement root, TimeProvider time)
    {
        var fields = new GoObject(root, "api.GenerateRequest");
        var common = CommonFields.Read(fields);
        _ = (fields.Text("suffix"), fields.Text("system"), fields.Text("template"));
        _ = fields.Value("images", JsonValueKind.Array, "[]api.ImageData");
        var prompt = fields.Text("prompt");
        return common.ToRequest(prompt, onlyLoads: prompt.Length == 0, new NativeFormat(common.Model, isChat: false, time)) with
        {
            HasContext = !(fields.Flag("raw") ?? false),
        };
    }
}
