targetScope = 'subscription'

@description('The name of the azd environment. The names of all resources derive from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The region of all resources. It must have the Flex Consumption plan.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('The setting OLLAMA_URL: an address of Ollama that the virtual network reaches, or several.')
@minLength(1)
@secure()
param ollamaUrl string

@description('The URI of a secret in Key Vault that is sent to Ollama as a bearer token. Empty: none is sent.')
param backendTokenSecretUri string = ''

@description('Addresses and ranges that may call the app, separated by commas, such as 203.0.113.7/32. Empty: nobody may.')
param allowedAddresses string = ''

@description('The addresses of the virtual network, at least a /23.')
param vnetAddressPrefix string = '10.42.0.0/16'

@description('The compute size of PostgreSQL. It decides how many connections there can be.')
param postgresSku string = 'Standard_B2s'

@description('The major version of PostgreSQL.')
@allowed(['15', '16', '17', '18'])
param postgresVersion string = '18'

@description('The most instances of the app. Each of them takes up to nine connections to PostgreSQL: eight, and one that listens.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Further settings of Ollama Proxy by their names, such as OLLAMA_MODEL.')
param proxySettings object = {}

var abbreviations = loadJsonContent('abbreviations.json')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var serviceName = 'api'
var connectionsPerInstance = 8

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourcesResourceGroups}${environmentName}'
  location: location
  tags: tags
}

module identity 'core/identity.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}${serviceName}-${resourceToken}'
    location: location
    tags: tags
  }
}

module monitoring 'core/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${resourceToken}'
    applicationInsightsName: '${abbreviations.insightsComponents}${resourceToken}'
    location: location
    tags: tags
  }
}

module network 'core/network.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.networkVirtualNetworks}${resourceToken}'
    location: location
    tags: tags
    addressPrefix: vnetAddressPrefix
  }
}

module storage 'core/storage.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}${resourceToken}'
    location: location
    tags: tags
    deploymentContainerName: 'app-package'
  }
}

module storageEndpoint 'core/private-endpoint.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.networkPrivateEndpoints}blob-${resourceToken}'
    location: location
    tags: tags
    targetId: storage.outputs.id
    groupId: 'blob'
    zoneName: 'privatelink.blob.${environment().suffixes.storage}'
    networkId: network.outputs.id
    subnetId: network.outputs.endpointSubnetId
  }
}

module postgres 'core/postgres.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.dBforPostgreSQLFlexibleServers}${resourceToken}'
    location: location
    tags: tags
    skuName: postgresSku
    version: postgresVersion
    databaseName: 'ollama_proxy'
    administratorName: identity.outputs.name
    administratorPrincipalId: identity.outputs.principalId
  }
}

module postgresEndpoint 'core/private-endpoint.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.networkPrivateEndpoints}psql-${resourceToken}'
    location: location
    tags: tags
    targetId: postgres.outputs.id
    groupId: 'postgresqlServer'
    zoneName: 'privatelink.postgres.database.azure.com'
    networkId: network.outputs.id
    subnetId: network.outputs.endpointSubnetId
  }
}

module rbac 'app/rbac.bicep' = {
  scope: group
  params: {
    storageAccountName: storage.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    principalId: identity.outputs.principalId
  }
}

module api 'app/api.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.webSitesFunctions}${serviceName}-${resourceToken}'
    planName: '${abbreviations.webServerFarms}${resourceToken}'
    serviceName: serviceName
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    deploymentContainerName: storage.outputs.deploymentContainerName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    subnetId: network.outputs.appSubnetId
    allowedAddresses: empty(allowedAddresses) ? [] : map(split(allowedAddresses, ','), address => trim(address))
    maximumInstanceCount: maximumInstanceCount
    appSettings: union(
      proxySettings,
      {
        OLLAMA_URL: ollamaUrl
        OLLAMA_PROXY_STORE: 'postgres'
        // The password is a token, so that the certificate is checked before it is sent.
        OLLAMA_PROXY_POSTGRES: join(
          [
            'Host=${postgres.outputs.host}'
            'Database=${postgres.outputs.databaseName}'
            'Username=${identity.outputs.name}'
            'SSL Mode=VerifyFull'
            'Maximum Pool Size=${connectionsPerInstance}'
          ],
          ';'
        )
        OLLAMA_PROXY_POSTGRES_IDENTITY: identity.outputs.clientId
      },
      empty(backendTokenSecretUri)
        ? {}
        : { OLLAMA_PROXY_BACKEND_TOKEN: '@Microsoft.KeyVault(SecretUri=${backendTokenSecretUri})' }
    )
  }
  // The app starts at once, and needs its rights and the names of its services by then.
  dependsOn: [rbac, storageEndpoint, postgresEndpoint]
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_VNET_NAME string = network.outputs.name
output AZURE_POSTGRES_HOST string = postgres.outputs.host
output SERVICE_API_NAME string = api.outputs.name
output SERVICE_API_IDENTITY_NAME string = identity.outputs.name
output SERVICE_API_URI string = api.outputs.uri
