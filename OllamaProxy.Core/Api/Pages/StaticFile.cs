using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OllamaProxy.Api.Pages;

/// <summary>A file that is embedded in the program, and served as it is, with a strong ETag.</summary>
internal sealed class StaticFile
{
    private readonly byte[] _content;
    private readonly string _contentType;

    /// <summary>Only when it is asked for, since a hash loads all of OpenSSL.</summary>
    private readonly Lazy<EntityTagHeaderValue> _tag;

    private StaticFile(byte[] content, string contentType)
    {
        (_content, _contentType) = (content, contentType);
        _tag = new(() => new($"\"{Convert.ToHexStringLower(SHA256.HashData(_content))}\""));
    }

    /// <summary>Loads a file.</summary>
    /// <exception cref="InvalidOperationException">The file is missing.</exception>
    public static StaticFile Load(string name, string contentType) => new(
        Encoding.UTF8.GetBytes(PageAssembler.ReadEmbedded(name) ?? throw new InvalidOperationException($"'{name}' is missing.")),
        contentType);

    /// <summary>200 with the file, or 304 to a client that has it.</summary>
    public IResult Answer() => TypedResults.Bytes(_content, _contentType, entityTag: _tag.Value);
}
