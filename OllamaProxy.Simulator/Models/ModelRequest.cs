using System.Text.Json;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Models;

/// <summary>The body of a request about one model.</summary>
/// <param name="Model">The model; from the older field <c>name</c> where <c>model</c> is empty.</param>
/// <param name="Stream">Whether progress is reported in lines.</param>
/// <param name="From">The base of a new model.</param>
/// <param name="HasFiles">Whether the new model is created from files.</param>
internal sealed record ModelRequest(string Model, bool Stream, string From, bool HasFiles)
{
    /// <summary>Whether the name is valid for a model.</summary>
    public bool HasName => IsName(Model);

    /// <exception cref="OllamaException">The body is not such a request.</exception>
    public static ModelRequest Read(ReadOnlyMemory<byte> body, string type) => GoJson.Read(body.Span, root =>
    {
        var fields = new GoObject(root, type);
        var model = fields.Text("model");
        return new ModelRequest(
            model.Length > 0 ? model : fields.Text("name"),
            fields.Flag("stream") ?? true,
            fields.Text("from"),
            fields.Value("files", JsonValueKind.Object, "map[string]string") is not null);
    });

    public static bool IsName(string name) => name.Length > 0 && !name.Any(char.IsWhiteSpace);
}
