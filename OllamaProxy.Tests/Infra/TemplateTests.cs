using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Infra;

/// <summary>What Bicep does not check of the templates for Azure: how they fit to the files beside them.</summary>
public sealed partial class TemplateTests
{
    private static readonly string Main = File.ReadAllText(Repository.File("infra/main.bicep"));

    [Fact]
    public void The_parameters_file_names_parameters_of_the_template_and_all_that_have_no_default()
    {
        var declared = Parameter().Matches(Main)
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["default"].Success);
        using var file = JsonDocument.Parse(File.ReadAllText(Repository.File("infra/main.parameters.json")));
        var given = file.RootElement.GetProperty("parameters").EnumerateObject().Select(parameter => parameter.Name).ToList();
        Assert.NotEmpty(given);
        Assert.Empty(given.Except(declared.Keys));
        Assert.Empty(declared.Where(parameter => !parameter.Value).Select(parameter => parameter.Key).Except(given));
    }

    [Fact]
    public void The_service_that_azd_deploys_is_the_Functions_app_and_has_the_name_that_its_resource_is_tagged_with()
    {
        var service = Service().Match(File.ReadAllText(Repository.File("azure.yaml")));
        Assert.Contains($"var serviceName = '{service.Groups["name"].Value}'", Main, StringComparison.Ordinal);
        Assert.True(File.Exists(Repository.File(Path.Combine(service.Groups["project"].Value, "OllamaProxy.Functions.csproj"))));
    }

    [Fact]
    public void The_app_runs_on_the_NET_that_it_is_built_for()
    {
        var framework = Framework().Match(File.ReadAllText(Repository.File("Directory.Build.props"))).Groups["version"].Value;
        Assert.Contains($"version: '{framework}'", File.ReadAllText(Repository.File("infra/app/api.bicep")), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^param (?<name>\w+) [\w\[\]]+(?<default> =)?", RegexOptions.Multiline)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^services:\n  (?<name>\w+):\n    project: (?<project>\S+)", RegexOptions.Multiline)]
    private static partial Regex Service();

    [GeneratedRegex(@"<TargetFramework>net(?<version>[\d.]+)</TargetFramework>")]
    private static partial Regex Framework();
}
